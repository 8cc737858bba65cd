import { NothingHere } from '@/view/nothing-here.tsx'

export default function NotFound() {
  return (
    <div className="grid min-h-[70vh] place-content-center">
      <NothingHere />
    </div>
  )
}
