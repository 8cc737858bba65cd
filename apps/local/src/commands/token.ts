import { Fault } from '../fault.ts'
import { readArguments, readDuration } from './arguments.ts'
import { requireRunning } from './running.ts'
import { print } from './screen.ts'

/** `npm run -s token -- --as EMAIL [--workspace NAME] [--ttl 1h]`: prints a personal access token and nothing else. */
export async function token(args: readonly string[]): Promise<number> {
  const options = readArguments('token', args, {
    as: { type: 'string' },
    workspace: { type: 'string' },
    ttl: { type: 'string', default: '1h' },
  })
  if (options.as === undefined)
    throw new Fault(
      'Say whose token: npm run -s token -- --as EMAIL (people.yaml in the state folder lists the people).',
    )
  const ttlMs = readDuration(options.ttl ?? '1h')
  const { state, gateway } = requireRunning()
  if (!state.embeddedIdentity) {
    throw new Fault('The embedded identity provider is off: make a token in the dashboard, under Settings.')
  }
  const request = { email: options.as, name: 'command line', ttlMs }
  const made = await gateway.mintToken(
    options.workspace === undefined ? request : { ...request, workspace: options.workspace },
  )
  print(made.token)
  return 0
}
