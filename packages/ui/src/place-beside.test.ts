import { describe, expect, it } from 'vitest'
import { positionBeside } from './place-beside.ts'

const view = { width: 1000, height: 600 }
const size = { width: 100, height: 30 }

describe('positionBeside', () => {
  it('sits on the wanted side, in the middle of its anchor', () => {
    const anchor = { left: 400, top: 300, width: 50, height: 20 }
    expect(positionBeside(anchor, size, view, 'top')).toEqual({ left: 375, top: 264 })
    expect(positionBeside(anchor, size, view, 'bottom')).toEqual({ left: 375, top: 326 })
    expect(positionBeside(anchor, size, view, 'left')).toEqual({ left: 294, top: 295 })
    expect(positionBeside(anchor, size, view, 'right')).toEqual({ left: 456, top: 295 })
  })

  it('goes to the other side where there is no room', () => {
    expect(positionBeside({ left: 400, top: 10, width: 50, height: 20 }, size, view, 'top').top).toBe(36)
    expect(positionBeside({ left: 940, top: 300, width: 50, height: 20 }, size, view, 'right').left).toBe(834)
  })

  it('never leaves the view', () => {
    expect(positionBeside({ left: 980, top: 300, width: 20, height: 20 }, size, view, 'top').left).toBe(892)
    expect(positionBeside({ left: 0, top: 300, width: 20, height: 20 }, size, view, 'top').left).toBe(8)
  })
})
