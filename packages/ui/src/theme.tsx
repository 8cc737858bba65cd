'use client'
import { Monitor, Moon, Sun } from 'lucide-react'
import { ThemeProvider as NextThemes, useTheme } from 'next-themes'
import { type ReactNode, useSyncExternalStore } from 'react'
import { Button } from './button.tsx'
import { Dropdown, DropdownItem } from './dropdown.tsx'

/** Sets the theme's class before the first paint; `nonce` lets its one inline script pass the content security policy. */
export function ThemeProvider({ children, nonce }: { children: ReactNode; nonce?: string | undefined }) {
  return (
    <NextThemes
      attribute="class"
      defaultTheme="system"
      enableSystem
      disableTransitionOnChange
      {...(nonce ? { nonce } : {})}
    >
      {children}
    </NextThemes>
  )
}

export { useTheme }

const choices = [
  { id: 'system', label: 'As the system', icon: Monitor },
  { id: 'light', label: 'Light', icon: Sun },
  { id: 'dark', label: 'Dark', icon: Moon },
] as const

const never = () => () => {}

export function ThemeSwitch() {
  const { theme, resolvedTheme, setTheme } = useTheme()
  // The server does not know the theme: show the neutral icon until the browser has taken over.
  const inBrowser = useSyncExternalStore(
    never,
    () => true,
    () => false,
  )
  const Icon = !inBrowser ? Monitor : resolvedTheme === 'dark' ? Moon : Sun
  return (
    <Dropdown
      trigger={
        <Button variant="ghost" size="icon" aria-label="Theme">
          <Icon />
        </Button>
      }
    >
      {choices.map((choice) => (
        <DropdownItem key={choice.id} onSelect={() => setTheme(choice.id)} aria-current={theme === choice.id}>
          <choice.icon />
          {choice.label}
          {theme === choice.id ? <span className="ml-auto text-accent">✓</span> : null}
        </DropdownItem>
      ))}
    </Dropdown>
  )
}
