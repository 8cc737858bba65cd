'use client'
import { Select } from '@keelson/ui/select'
import type { ReactNode } from 'react'
import { useUrlState } from './url-state.ts'

/** How curves are drawn, kept in the address, and the two choices of it. */
export function useChartAxes(): { axis: 'step' | 'time'; log: boolean; choices: ReactNode } {
  const [axis, setAxis] = useUrlState('x', 'step')
  const [scale, setScale] = useUrlState('y', 'linear')
  return {
    axis: axis === 'time' ? 'time' : 'step',
    log: scale === 'log',
    choices: (
      <>
        <Select aria-label="Horizontal axis" value={axis} onChange={(event) => setAxis(event.target.value)}>
          <option value="step">by step</option>
          <option value="time">by time</option>
        </Select>
        <Select aria-label="Vertical scale" value={scale} onChange={(event) => setScale(event.target.value)}>
          <option value="linear">linear</option>
          <option value="log">logarithmic</option>
        </Select>
      </>
    ),
  }
}
