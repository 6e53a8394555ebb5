import { Alert, Button, Input } from 'antd';
import { type SyntheticEvent, useEffect, useId, useState } from 'react';
import { ApiError } from '../api/client';
import { useSessionEnded, useSignIn } from '../api/queries';
import { PrefsSwitches } from '../ui/PrefsSwitches';
import { remember, remembered } from '../ui/prefs';
import { type Words, useText } from '../ui/useText';
import './sign-in.css';

function explain(e: Error, wait: number, t: Words['t']): string {
  if (!(e instanceof ApiError)) return e.message;
  if (e.status === 429) return wait > 0 ? t('signIn.wait') : t('signIn.again');
  if (e.status === 401) return t('signIn.wrong');
  if (e.away) return t('signIn.away');
  return t('signIn.failed', { message: e.message });
}

/** Counts down from a number of seconds whenever it is set anew. */
function useCountdown(): [number, (seconds: number) => void] {
  const [until, setUntil] = useState(0);
  const [left, setLeft] = useState(0);
  useEffect(() => {
    const show = () => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000)));
    show();
    const timer = setInterval(show, 250);
    return () => clearInterval(timer);
  }, [until]);
  return [left, (seconds) => setUntil(Date.now() + seconds * 1000)];
}

export function SignIn() {
  const { t } = useText();
  const signIn = useSignIn();
  const ended = useSessionEnded();
  const id = useId();
  const [user, setUser] = useState(() => remembered('user') ?? 'admin'); // most have a device of their own
  const [password, setPassword] = useState('');
  const [wait, setWait] = useCountdown();
  const submit = (e: SyntheticEvent) => {
    e.preventDefault();
    if (user === '' || password === '' || wait > 0 || signIn.isPending) return;
    signIn.mutate({ user, password }, {
      onSuccess: () => remember('user', user),
      onError: (error) => {
        if (error instanceof ApiError && error.status === 429) setWait(Math.max(error.retryAfter, 1));
      },
    });
  };
  return (
    <main className="sign-in">
      <form className="panel" onSubmit={submit}>
        <h1>{t('app.name')}</h1>
        <p className="muted">{t('app.what')}</p>
        <label htmlFor={`${id}u`}>{t('signIn.user')}</label>
        <Input
          id={`${id}u`}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          size="large"
          value={user}
          onChange={(e) => setUser(e.target.value.trim())}
        />
        <label htmlFor={`${id}p`}>{t('signIn.password')}</label>
        <Input.Password
          id={`${id}p`}
          name="password"
          autoComplete="current-password"
          size="large"
          autoFocus
          value={password}
          status={signIn.isError ? 'error' : ''}
          aria-describedby={`${id}e`}
          onChange={(e) => setPassword(e.target.value)}
        />
        <div id={`${id}e`} className="sign-in-error" role="alert">
          {ended && !signIn.isError && <Alert type="info" showIcon title={t('signIn.ended')} />}
          {signIn.isError && <Alert type="error" showIcon title={explain(signIn.error, wait, t)} />}
        </div>
        <Button
          type="primary"
          htmlType="submit"
          size="large"
          block
          loading={signIn.isPending}
          disabled={user === '' || password === '' || wait > 0}
        >
          {wait > 0 ? t('signIn.waitButton', { n: wait }) : t('signIn.submit')}
        </Button>
      </form>
      <div className="sign-in-prefs">
        <PrefsSwitches />
      </div>
    </main>
  );
}
