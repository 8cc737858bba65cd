'use client'

/** The last resort, when not even the frame could be made: no styles, no scripts, one sentence. */
export default function GlobalError({ error }: { error: Error & { digest?: string } }) {
  return (
    <html lang="en">
      <body
        style={{
          fontFamily: 'system-ui',
          display: 'grid',
          placeContent: 'center',
          minHeight: '90vh',
          textAlign: 'center',
        }}
      >
        <h1 style={{ fontSize: '1.25rem' }}>Something went wrong on our side</h1>
        <p>Load the page again. If it stays, give this id to your operator: {error.digest ?? 'none'}</p>
      </body>
    </html>
  )
}
