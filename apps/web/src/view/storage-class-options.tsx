type StorageClass = { name: string; isDefault: boolean }

/** The options of a choice of storage class; the empty one leaves it to the cluster. */
export function StorageClassOptions({ classes }: { classes: readonly StorageClass[] }) {
  return (
    <>
      <option value="">the cluster’s own choice</option>
      {classes.map(({ name, isDefault }) => (
        <option key={name} value={name}>
          {name}
          {isDefault ? ' (default)' : ''}
        </option>
      ))}
    </>
  )
}
