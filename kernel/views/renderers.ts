/** What the engine's objects look like: registers their renderers and no more, for kernels that start. */
import "./tensor";
import "./module";
import "./optimizer";
import "./data";
import "./tasks";
import "./profile";
