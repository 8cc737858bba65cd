/** The sign: a hull's cross-section with the keelson along its middle. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg aria-hidden viewBox="0 0 32 32" className={className ?? 'size-6'}>
      <rect width="32" height="32" rx="7" className="fill-[#0a6680]" />
      <path
        d="M6 12h20M8 12c0 8 4 12 8 12s8-4 8-12M16 6v18"
        fill="none"
        stroke="#fff"
        strokeWidth="2.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
