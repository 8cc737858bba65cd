/** The first `limit` records of a CSV text: quoted fields, doubled quotes and line breaks in quotes as in RFC 4180. Pure. */
export function parseCsv(text: string, separator: string, limit: number): string[][] {
  const records: string[][] = []
  let record: string[] = []
  let field = ''
  let quoted = false
  for (let at = 0; at < text.length && records.length < limit; at++) {
    const char = text[at]
    if (quoted) {
      if (char !== '"') field += char
      else if (text[at + 1] === '"') {
        field += '"'
        at += 1
      } else quoted = false
    } else if (char === '"' && field === '') quoted = true
    else if (char === separator) {
      record.push(field)
      field = ''
    } else if (char === '\n') {
      record.push(field.replace(/\r$/, ''))
      records.push(record)
      record = []
      field = ''
    } else field += char
  }
  if (records.length < limit && (field !== '' || record.length > 0)) records.push([...record, field])
  return records
}
