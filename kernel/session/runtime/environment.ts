/**
 * What programs and packages read before they print, as ipykernel has it: a notebook's page shows colours, though the streams
 * are no terminals, and nobody can turn a pager's pages there. NO_COLOR is obeyed.
 */
export function prepareEnvironment(env: NodeJS.ProcessEnv): void {
	env.TERM ??= "xterm-color";
	if (env.NO_COLOR === undefined) {
		env.CLICOLOR ??= "1";
		env.CLICOLOR_FORCE ??= "1";
		env.FORCE_COLOR ??= "1";
	}
	env.PAGER = "cat";
	env.GIT_PAGER = "cat";
}
