/** The provider's few pages, in the product's look, with nothing from outside. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

const style = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--line:#dfe3e8;--text:#16191d;--muted:#5b6470;--accent:#0f5fd7;--on:#fff;--bad:#b3261e;--badbg:#fdecea}
@media (prefers-color-scheme:dark){:root{--bg:#0e1116;--card:#161b22;--line:#2b323c;--text:#e8ebef;--muted:#9aa4b2;--accent:#6aa5ff;--on:#0b1220;--bad:#ffb4ab;--badbg:#3a1614}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;padding:16px;background:var(--bg);color:var(--text);font:14px/1.5 ui-sans-serif,system-ui,-apple-system,"Segoe UI",sans-serif}
main{width:100%;max-width:360px;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:28px}
.brand{display:flex;align-items:center;gap:8px;font-weight:600;margin:0 0 20px}.brand svg{width:22px;height:22px;color:var(--accent)}
h1{font-size:18px;line-height:1.3;margin:0 0 4px}p{margin:0 0 16px;color:var(--muted)}
label{display:block;font-weight:500;margin:14px 0 4px}
input{width:100%;height:36px;padding:0 10px;border:1px solid var(--line);border-radius:6px;background:var(--bg);color:var(--text);font:inherit}
button{width:100%;height:36px;margin-top:20px;border:0;border-radius:6px;background:var(--accent);color:var(--on);font:inherit;font-weight:600;cursor:pointer}
input:focus-visible,button:focus-visible,a:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
a{color:var(--accent)}.bad{background:var(--badbg);color:var(--bad);border-radius:6px;padding:8px 10px;margin:0 0 4px}code{font:12px ui-monospace,monospace}`

const mark =
  '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M3 9c0 6 4 11 9 11s9-5 9-11"/><path d="M12 20V4"/><path d="M8 8l4-4 4 4"/></svg>'

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(title)} · Keelson</title><style>${style}</style></head>
<body><main><div class="brand">${mark}<span>Keelson</span></div>${body}</main></body></html>`
}

export type LoginPage = { action: string; email: string; fault: string | null }

export function loginPage({ action, email, fault }: LoginPage): string {
  const message = fault === null ? '' : `<div class="bad" role="alert" id="fault">${escapeHtml(fault)}</div>`
  const described = fault === null ? '' : ' aria-describedby="fault" aria-invalid="true"'
  const focus = (wanted: boolean) => (wanted ? ' autofocus' : '')
  return page(
    'Sign in',
    `<h1>Sign in</h1><p>With an account of this machine’s <code>people.yaml</code>.</p>${message}
<form method="post" action="${escapeHtml(action)}">
<label for="email">E-mail</label><input id="email" name="email" type="email" autocomplete="username" required maxlength="253" value="${escapeHtml(email)}"${described}${focus(email === '')}>
<label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required maxlength="200"${described}${focus(email !== '')}>
<button type="submit">Sign in</button></form>`,
  )
}

/** `form` is the provider's own, with its hidden fields. It is sent at once when the platform itself asked (`atOnce`). */
export function logoutPage(form: string, atOnce: boolean): string {
  const script = atOnce ? '<script>document.getElementById("yes").click()</script>' : ''
  return page(
    'Sign out',
    `<h1>Sign out?</h1><p>You will be signed out of Keelson in this browser.</p>${form}<button id="yes" type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button>${script}`,
  )
}

export function signedOutPage(home: string): string {
  return page('Signed out', `<h1>You are signed out</h1><p><a href="${escapeHtml(home)}">Sign in again</a></p>`)
}

export function errorPage(title: string, detail: string, home: string): string {
  return page(
    title,
    `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(detail)}</p><p><a href="${escapeHtml(home)}">Back to Keelson</a></p>`,
  )
}
