import { appendFileSync } from 'node:fs'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

/**
 * Ends a run with why tests were skipped and the line `N passed, N failed[, N skipped]`. `KEELSON_TEST_SUMMARY` names a
 * file that gets the same as one JSON line, for the command that adds up several runs.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0 }
    const reasons = new Map<string, number>()
    for (const module of modules) {
      // A file that cannot be loaded holds no test that could fail.
      if (module.errors().length > 0) count.failed += 1
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') count.passed += 1
        else if (state === 'failed') count.failed += 1
        else {
          count.skipped += 1
          const reason = reasonOf(test)
          reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
        }
      }
    }
    for (const [reason, tests] of reasons) console.log(`skipped ${tests}: ${reason}`)
    console.log(
      `${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}`,
    )
    const file = process.env.KEELSON_TEST_SUMMARY
    if (file) appendFileSync(file, `${JSON.stringify({ ...count, reasons: Object.fromEntries(reasons) })}\n`)
  }
}

/** `ctx.skip('why')` tells; a test skipped in the source is named itself. */
function reasonOf(test: TestCase): string {
  const result = test.result()
  const note = result.state === 'skipped' ? result.note : undefined
  return note ?? `"${test.fullName}" is marked as skipped`
}
