import { appendFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

type Count = { passed: number; failed: number; skipped: number }
type Failure = { file: string; test: string; why: string }

/**
 * Ends a run with what failed, why tests were skipped and the line `N passed, N failed[, N skipped]`.
 * `KEELSON_TEST_SUMMARY` names a file that gets the same as one JSON line, by file, for the command that adds up several
 * runs: `{ files: [{ file, passed, failed, skipped }], failures: [{ file, test, why }] }`. A failure that belongs to no
 * file (an error that nobody caught) has the file `''`.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const failures: Failure[] = errors.map((error) => ({ file: '', test: 'an uncaught error', why: firstLine(error) }))
    const reasons = new Map<string, number>()
    const files = modules.map((module) => {
      const file = relative(process.cwd(), module.moduleId)
      const count: Count = { passed: 0, failed: 0, skipped: 0 }
      // A file that cannot be loaded holds no test that could fail; hooks of a group fail beside its tests.
      for (const owner of [module, ...module.children.allSuites()])
        for (const error of owner.errors()) {
          count.failed += 1
          failures.push({ file, test: owner.type === 'suite' ? owner.fullName : 'the file', why: firstLine(error) })
        }
      for (const test of module.children.allTests()) addTest(test, file, count, failures, reasons)
      return { file, ...count }
    })
    const count = files.reduce(add, { passed: 0, failed: errors.length, skipped: 0 })
    for (const { file, test, why } of failures) console.log(`failed: ${file} > ${test}: ${why}`)
    for (const [reason, tests] of reasons) console.log(`skipped ${tests}: ${reason}`)
    console.log(
      `${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}`,
    )
    const summary = process.env.KEELSON_TEST_SUMMARY
    if (summary) appendFileSync(summary, `${JSON.stringify({ files, failures })}\n`)
  }
}

function addTest(test: TestCase, file: string, count: Count, failures: Failure[], reasons: Map<string, number>): void {
  const result = test.result()
  if (result.state === 'passed') count.passed += 1
  else if (result.state === 'failed') {
    count.failed += 1
    failures.push({ file, test: test.fullName, why: firstLine(result.errors[0]) })
  } else {
    count.skipped += 1
    const reason = reasonOf(test)
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }
}

function add(total: Count, count: Count): Count {
  return {
    passed: total.passed + count.passed,
    failed: total.failed + count.failed,
    skipped: total.skipped + count.skipped,
  }
}

function firstLine(error: unknown): string {
  const message =
    typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error)
  return (message.split('\n').find((line) => line.trim() !== '') ?? '').slice(0, 300)
}

/** `ctx.skip('why')` tells; a test skipped in the source is named itself. */
function reasonOf(test: TestCase): string {
  const result = test.result()
  const note = result.state === 'skipped' ? result.note : undefined
  return note ?? `"${test.fullName}" is marked as skipped`
}
