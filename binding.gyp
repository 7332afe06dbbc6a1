# For tools that expect node-gyp (`npx node-gyp rebuild`). npm's install script does not use it: gyp needs Python and
# make, scripts/build-addon.mjs needs neither. Both read scripts/addon.mjs.
{
  "targets": [
    {
      "target_name": "gradbook",
      "sources": ["<!@(node scripts/addon.mjs sources)"],
      "include_dirs": ["<!@(node scripts/addon.mjs includes)"],
      "defines": ["<!@(node scripts/addon.mjs defines)"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions", "-std=gnu++17"],
      "cflags_cc": ["<!@(node scripts/addon.mjs cflags)"],
      "libraries": ["-ldl"],
      "xcode_settings": {
        "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "MACOSX_DEPLOYMENT_TARGET": "11.0",
        "OTHER_CPLUSPLUSFLAGS": ["<!@(node scripts/addon.mjs cflags)"]
      }
    },
    {
      "target_name": "gradbook_kernel",
      "sources": ["<!@(node scripts/addon.mjs kernel-sources)"],
      "include_dirs": ["<!@(node scripts/addon.mjs includes)"],
      "cflags_cc!": ["-std=gnu++17"],
      "cflags_cc": ["<!@(node scripts/addon.mjs cflags)"],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "MACOSX_DEPLOYMENT_TARGET": "11.0"
      }
    }
  ]
}
