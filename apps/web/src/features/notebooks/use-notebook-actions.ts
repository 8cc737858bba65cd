'use client'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'

/** What is done to a notebook at once, and can be taken back as quickly. */
export function useNotebookActions() {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const options = (say: string) => ({
    onSuccess: async (_: unknown, { name }: { name: string }) => {
      await touch(queryClient, ['objects', 'activity'])
      toast.success(say.replace('{name}', name))
    },
    onError: (error: unknown) => void toast.error(errorBodyOf(error).message),
  })
  const start = useMutation(trpc.notebooks.start.mutationOptions(options('{name} is being started.')))
  const stop = useMutation(trpc.notebooks.stop.mutationOptions(options('{name} is being stopped.')))
  const restart = useMutation(trpc.notebooks.restart.mutationOptions(options('{name} is being started again.')))
  const culling = useMutation(trpc.notebooks.setCulling.mutationOptions(options('Noted when {name} may be stopped.')))
  const isPending = start.isPending || stop.isPending || restart.isPending || culling.isPending
  return { start: start.mutate, stop: stop.mutate, restart: restart.mutate, setCulling: culling.mutate, isPending }
}
