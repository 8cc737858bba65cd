/** A failure that a person can do something about: its message is the one sentence that is printed. */
export class Trouble extends Error {}

const noNetwork =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ENETUNREACH|ENETDOWN|EHOSTUNREACH|META_FETCH_FAIL|ERR_SOCKET_TIMEOUT/
const fullDisk = /ENOSPC|no space left/i
const notWritable = /EACCES|EPERM|EROFS/

/** What to tell when a tool failed, from what it printed. */
export function explain(what, output, logFile) {
  if (noNetwork.test(output)) {
    return new Trouble(
      `${what} failed because the npm registry does not answer (${noNetwork.exec(output)[0]}): check the network and "npm config get registry", then run the command again.`,
    )
  }
  if (fullDisk.test(output))
    return new Trouble(`${what} failed because the disk is full: free some space, then run the command again.`)
  if (notWritable.test(output)) {
    return new Trouble(
      `${what} failed because a folder cannot be written (${lastLine(output)}): mend its permissions, then run the command again.`,
    )
  }
  return new Trouble(`${what} failed: ${lastLine(output)} (all of its output: ${logFile}).`)
}

function lastLine(output) {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  const telling = lines.findLast((line) => /error|err_/i.test(line)) ?? lines.at(-1) ?? 'it printed nothing'
  return telling.trim().slice(0, 300).replace(/\.$/, '')
}
