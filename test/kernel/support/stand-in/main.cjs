const { join } = require("node:path");
const { startKernel } = require("../../../../dist/kernel/main.js");

startKernel(process.argv[2], { compiler: join(__dirname, "compiler.cjs"), errors: join(__dirname, "errors.cjs") });
