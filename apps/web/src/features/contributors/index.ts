export { SubjectFields } from './subject-fields.tsx'
