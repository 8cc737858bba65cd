'use client'
import PageError from './(app)/error.tsx'

type Props = { error: Error & { digest?: string }; reset: () => void }

export default function RootError(props: Props) {
  return (
    <main className="mx-auto mt-[20vh] max-w-xl p-4">
      <PageError {...props} />
    </main>
  )
}
