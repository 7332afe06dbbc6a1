import type { Reporter, TestModule } from "vitest/node";

/**
 * Ends a run with the names of the suites that were skipped, which say why, and with one plain line, `N passed,
 * N failed, N skipped`, for programs that read logs.
 */
export default class ClosingLine implements Reporter {
	onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
		const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
		for (const module of modules) {
			let failedTests = 0;
			for (const suite of module.children.allSuites()) {
				const inSkipped = suite.parent.type === "suite" && suite.parent.options.mode === "skip";
				if (suite.options.mode === "skip" && !inSkipped) process.stdout.write(`\nskipped: ${suite.fullName}\n`);
			}
			for (const test of module.children.allTests()) {
				const { state } = test.result();
				count[state]++;
				if (state === "failed") failedTests++;
			}
			// A file that could not be loaded, or whose hooks failed, has no failed test to count.
			if (module.state() === "failed" && failedTests === 0) count.failed++;
		}
		const failed = count.failed + count.pending;
		process.stdout.write(`\n${count.passed} passed, ${failed} failed, ${count.skipped} skipped\n`);
	}
}
