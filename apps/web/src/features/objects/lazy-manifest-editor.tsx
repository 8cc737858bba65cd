'use client'
import { PanelSkeleton } from '@keelson/ui/skeleton'
import dynamic from 'next/dynamic'

/** The editor with its help; it is large, and comes when it is needed. */
export const LazyManifestEditor = dynamic(
  () => import('./manifest-editor.tsx').then((module) => module.ManifestEditor),
  { ssr: false, loading: () => <PanelSkeleton /> },
)
