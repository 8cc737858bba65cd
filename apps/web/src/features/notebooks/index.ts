export { RecentNotebooks } from './recent-notebooks.tsx'
