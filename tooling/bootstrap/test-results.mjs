/**
 * Results of test runs, as `packages/testing/src/reporter.ts` writes them:
 * `{ files: [{ file, passed, failed, skipped }], failures: [{ file, test, why }], flaky?: [the same] }`.
 * A failure with the file `''` belongs to none of them and counts as one.
 */
export const nothing = { files: [], failures: [] }

/** More files than these are no accident of the moment. */
const most = 4

/** The files worth a second try: those with a failure, if they are few and nothing failed outside of them. */
export function secondTry({ failures }) {
  const files = [...new Set(failures.map(({ file }) => file))]
  return files.length <= most && !files.includes('') ? files : []
}

/** The first run with its files `again` replaced by those of the second. Failures that did not come again are flaky. */
export function joined(first, again, second) {
  const failedAgain = new Set(second.failures.map(({ file, test }) => `${file}\0${test}`))
  // A second run that broke off says nothing good about a file.
  const told = new Set(second.files.map(({ file }) => file))
  const replaced = again.filter((file) => told.has(file))
  const kept = first.failures.filter(({ file }) => !replaced.includes(file))
  return {
    files: [...first.files.filter(({ file }) => !replaced.includes(file)), ...second.files],
    failures: [...kept, ...second.failures],
    flaky: first.failures.filter(({ file, test }) => replaced.includes(file) && !failedAgain.has(`${file}\0${test}`)),
  }
}

/** All results in numbers, with what failed and what was flaky. */
export function addUp(results) {
  const files = results.flatMap((result) => result.files)
  const failures = results.flatMap((result) => result.failures)
  const sum = (key) => files.reduce((total, file) => total + file[key], 0)
  return {
    passed: sum('passed'),
    failed: sum('failed') + failures.filter(({ file }) => file === '').length,
    skipped: sum('skipped'),
    failures,
    flaky: results.flatMap((result) => result.flaky ?? []),
  }
}
