import { useText } from '../../ui/useText';

export default function EnergyPage() {
  const { t } = useText();
  return <h1>{t('nav.energy')}</h1>;
}
