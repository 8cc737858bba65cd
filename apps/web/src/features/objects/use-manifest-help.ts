'use client'
import type { ObjectSchema } from '@keelson/contracts/objects'
import type { CodeHelp, CodeMark } from '@keelson/ui/code-editor'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { complete, hint } from './schema/complete.ts'
import { findMarks } from './schema/find-marks.ts'

export type Named = { apiVersion: string; kind: string }

/** What a text says it is, without reading all of it; null while it says nothing. */
export function namedIn(text: string): Named | null {
  const field = (name: string) => new RegExp(`^${name}:\\s*["']?([^\\s"'#]+)`, 'm').exec(text)?.[1]
  const [apiVersion, kind] = [field('apiVersion'), field('kind')]
  return apiVersion === undefined || kind === undefined || apiVersion.length > 300 || kind.length > 100
    ? null
    : { apiVersion, kind }
}

/** Help by the server's own schema of the kind, and `faults`: what it said of this text. */
export function useManifestHelp(named: Named | null, faults: { text: string; marks: readonly CodeMark[] }): CodeHelp {
  const trpc = useTRPC()
  const { data } = useQuery({
    ...trpc.objects.schema.queryOptions(named ?? { apiVersion: '-', kind: '-' }),
    enabled: named !== null,
    // A kind's fields change with a new version of its definition; a page's life is short.
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
    retry: false,
  })
  return useMemo(() => helpOf(data ?? null, faults), [data, faults])
}

function helpOf(schema: ObjectSchema | null, faults: { text: string; marks: readonly CodeMark[] }): CodeHelp {
  return {
    marks: (text) => [...findMarks(text, schema), ...(text === faults.text ? faults.marks : [])],
    complete: (text, position) => (schema === null ? null : complete(schema, text, position)),
    hint: (text, position) => (schema === null ? null : hint(schema, text, position)),
  }
}
