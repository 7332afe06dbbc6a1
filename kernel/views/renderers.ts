/** What the engine's objects look like: registers their renderers and no more, for kernels that start. */
import { registerRenderer } from "../display";
import { isGraphNode } from "./graph/walk";
import "./tensor";
import "./module";
import "./optimizer";
import "./schedule";
import "./data";
import "./tasks";
import "./profile";

// What draws graphs computes with the engine, which a kernel starts without.
registerRenderer(isGraphNode, (node) =>
	(require("./graph/graph") as typeof import("./graph/graph")).computationGraph(node).bundle(),
);
