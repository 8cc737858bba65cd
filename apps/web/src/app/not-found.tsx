import { NothingHere } from '@/view/nothing-here.tsx'

export default function NotFound() {
  return (
    <main className="grid min-h-[70vh] place-content-center">
      <NothingHere />
    </main>
  )
}
