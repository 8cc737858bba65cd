'use client'
import { useSearchParams } from 'next/navigation'

/** Changes parameters of the address in place; an empty value takes the parameter away. */
export function setUrl(changes: Readonly<Record<string, string | null>>): void {
  const next = new URLSearchParams(window.location.search)
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === '') next.delete(key)
    else next.set(key, value)
  }
  const query = next.toString()
  window.history.replaceState(null, '', query ? `?${query}` : window.location.pathname)
}

/** A piece of view state that lives in the address, so that links and the back button keep it. */
export function useUrlState(key: string, fallback: string): [value: string, set: (value: string) => void] {
  const value = useSearchParams().get(key) ?? fallback
  return [value, (next) => setUrl({ [key]: next === fallback ? null : next })]
}
