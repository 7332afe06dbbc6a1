/** The public `gradbook/display`. */
export * from "../display";
