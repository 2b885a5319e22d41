import { Badge, NavLink, Text } from '@mantine/core';
import { Link, useLocation } from 'react-router';
import type { ProjectAnswer } from '../../../api/manager/project.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { frame } from '../texts/frame.ts';

/** The parts of a project, and its machines below theirs. */
export function Rail({ project }: { project: ProjectAnswer | undefined }) {
  const texts = useCatalogue(frame);
  const { pathname } = useLocation();
  const problems = project?.problems.length ?? 0;
  const link = (to: string, label: string, isPart = true) => {
    const isHere = pathname === to || (!isPart && pathname.startsWith(`${to}/`));
    return {
      component: Link,
      to,
      active: isHere,
      'aria-current': isHere ? ('page' as const) : undefined,
      label: (
        <Text size="sm" truncate title={label}>
          {label}
        </Text>
      ),
      styles: { root: { borderRadius: 'var(--mantine-radius-sm)' } },
    };
  };
  return (
    <>
      <NavLink {...link('/', texts.project)} />
      <NavLink {...link('/machines', texts.machines)} />
      {project?.machines.map(({ name }) => (
        <NavLink key={name} pl="xl" py={4} {...link(`/machines/${name}`, name, false)} />
      ))}
      <NavLink {...link('/packages', texts.packages)} />
      <NavLink {...link('/deployments', texts.deployments)} />
      <NavLink {...link('/hot-fixes', texts.hotFixes)} />
      <NavLink
        {...link('/problems', texts.problems)}
        rightSection={
          problems > 0 && (
            <Badge color="#a31515" autoContrast circle={problems < 10} aria-label={texts.problemCount(problems)}>
              {problems}
            </Badge>
          )
        }
      />
    </>
  );
}
