export type Side = 'top' | 'right' | 'bottom' | 'left'
type Box = { left: number; top: number; width: number; height: number }
type Size = { width: number; height: number }

const gapPx = 6
const marginPx = 8

const opposite: Readonly<Record<Side, Side>> = { top: 'bottom', bottom: 'top', left: 'right', right: 'left' }

/** Where a box of `size` goes beside `anchor`: on `side` where it fits, else on the other; never outside of `view`. In px. */
export function positionBeside(anchor: Box, size: Size, view: Size, side: Side): { left: number; top: number } {
  const at = (where: Side) => {
    const middle = {
      left: anchor.left + (anchor.width - size.width) / 2,
      top: anchor.top + (anchor.height - size.height) / 2,
    }
    if (where === 'top') return { ...middle, top: anchor.top - gapPx - size.height }
    if (where === 'bottom') return { ...middle, top: anchor.top + anchor.height + gapPx }
    if (where === 'left') return { ...middle, left: anchor.left - gapPx - size.width }
    return { ...middle, left: anchor.left + anchor.width + gapPx }
  }
  const wanted = at(side)
  const isAcross = side === 'top' || side === 'bottom'
  const fits = isAcross
    ? wanted.top >= marginPx && wanted.top + size.height <= view.height - marginPx
    : wanted.left >= marginPx && wanted.left + size.width <= view.width - marginPx
  const place = fits ? wanted : at(opposite[side])
  return {
    left: between(place.left, view.width - size.width - marginPx),
    top: between(place.top, view.height - size.height - marginPx),
  }
}

function between(value: number, most: number): number {
  return Math.max(marginPx, Math.min(value, most))
}

/** Puts a fixed element beside another one. */
export function placeBeside(element: HTMLElement, anchor: Element, side: Side): void {
  const view = { width: window.innerWidth, height: window.innerHeight }
  const { left, top } = positionBeside(anchor.getBoundingClientRect(), element.getBoundingClientRect(), view, side)
  element.style.left = `${left}px`
  element.style.top = `${top}px`
}
