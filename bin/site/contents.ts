/** The pages of the documentation, in the order in which they are to be read. Paths begin at the repository. */
export const CONTENTS: readonly { readonly title: string; readonly pages: readonly string[] }[] = [
  { title: 'Begin', pages: ['README.md', 'docs/tour.md', 'docs/package.md'] },
  {
    title: 'Operate',
    pages: [
      'docs/operating.md',
      'docs/cookbook.md',
      'docs/inventories.md',
      'docs/reaching-hosts.md',
      'docs/privileges.md',
      'docs/notifications.md',
      'docs/fleet.md',
    ],
  },
  { title: 'Write', pages: ['docs/authoring.md', 'docs/from-ansible.md', 'docs/comparison.md'] },
  {
    title: 'Reference',
    pages: ['docs/reference/commands.md', 'docs/reference/codes.md', 'docs/runbooks/README.md', 'CHANGELOG.md'],
  },
  {
    title: 'What holds',
    pages: [
      'SECURITY.md',
      'docs/failure-model.md',
      'docs/architecture.md',
      'docs/real-kernels.md',
      'docs/scenarios.md',
      'docs/cases.md',
    ],
  },
]

/** Pages that one of the above lists. */
export const LISTED = /^docs\/runbooks\/(?!README)[^/]+\.md$/
