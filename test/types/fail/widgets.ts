/* Each line below a comment must not compile; the reason stands behind the colon. */
import { Button, Dropdown, IntSlider, interact, jslink, Play, VBox } from "gradbook/display";

const slider = new IntSlider(3);
// @ts-error a string for a number: Type 'string' is not assignable to type 'number'
slider.value = "3";
// @ts-error an option that is none: 'vale' does not exist
new IntSlider({ vale: 3 });
// @ts-error a value that is no option: '"c"' is not assignable
new Dropdown({ options: ["a", "b"], value: "c" });
// @ts-error a style that is none: is not assignable to type
new Button({ buttonStyle: "nice" });
// @ts-error a property that is none: is not assignable to
slider.observe(() => {}, "speed");
// @ts-error a child that is no widget: Type 'number[]' has no properties in common
new VBox([3]);
// @ts-error a link to nothing: is not assignable to
jslink([new Play(), "speed"], [slider, "value"]);
// @ts-error a control that is missing: Property 'q' does not exist
interact(({ q }) => q, { p: true });
// @ts-error a value of another type: is not assignable to
interact((values: { p: string }) => values.p, { p: [0, 1] });
