import * as torch from "gradbook";
import { standinEnvironment } from "./standin";

/* Before each file of the project "cuda": a stand-in for a card is there, and new tensors are made on it. */

Object.assign(process.env, standinEnvironment());
torch.setDefaultDevice("cuda");
