'use client'
import type { Me } from '@keelson/contracts/access'
import type { PlatformInfo } from '@keelson/contracts/platform'
import { createContext, type ReactNode, useContext } from 'react'

type Installation = { me: Me; info: PlatformInfo }

const Context = createContext<Installation | null>(null)

export function InstallationProvider({ value, children }: { value: Installation; children: ReactNode }) {
  return <Context.Provider value={value}>{children}</Context.Provider>
}

/** Who looks, and at which installation. Only below the shell. */
export function useInstallation(): Installation {
  const value = useContext(Context)
  if (value === null) throw new Error('useInstallation outside the shell')
  return value
}
