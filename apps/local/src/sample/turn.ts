/** One runner of the sample at a time: two at once would report over each other on the home page. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { SampleStep } from '@keelson/contracts/platform'
import { z } from 'zod'
import { type Home, writeWhole } from '../home/home.ts'
import { tryLock } from '../home/lock.ts'

const lookEveryMs = 200

type Follower = { home: Home; onStep: (step: SampleStep) => void; signal: AbortSignal }

/**
 * Waits until no other process runs the sample in this state folder, and passes on that one's steps meanwhile. Resolves with
 * what gives the turn up and an `onStep` that lets others follow; with null when stopped by `signal`.
 */
export async function takeTurn({ home, onStep, signal }: Follower): Promise<{
  release: () => void
  onStep: (step: SampleStep) => void
} | null> {
  const journal = home.file('run', 'sample-steps.json')
  const told = new Map<string, string>()
  while (!signal.aborted) {
    const release = tryLock(home, 'sample')
    if (release !== null) return { release, onStep: recorder(journal, onStep) }
    for (const step of readSteps(journal)) {
      const text = JSON.stringify(step)
      if (told.get(step.id) !== text) onStep(step)
      told.set(step.id, text)
    }
    await sleep(lookEveryMs, undefined, { signal }).catch(() => {})
  }
  return null
}

function recorder(journal: string, onStep: (step: SampleStep) => void): (step: SampleStep) => void {
  const steps = new Map<string, SampleStep>()
  return (step) => {
    steps.set(step.id, step)
    writeWhole(journal, JSON.stringify([...steps.values()]))
    onStep(step)
  }
}

function readSteps(journal: string): SampleStep[] {
  try {
    return z.array(SampleStep).parse(JSON.parse(readFileSync(journal, 'utf8')))
  } catch {
    return []
  }
}
