import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { I18nextProvider } from 'react-i18next';
import { App } from './App';
import { newQueryClient } from './api/queries';
import { startI18n } from './i18n';
import { PrefsProvider } from './ui/PrefsProvider';
import { firstLanguage } from './ui/prefs';
import './ui/base.css';
import './ui/values.css';
import './ui/print.css';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');

const translations = await startI18n(firstLanguage());
createRoot(root).render(
  <StrictMode>
    <I18nextProvider i18n={translations}>
      <QueryClientProvider client={newQueryClient()}>
        <PrefsProvider translations={translations}>
          <App />
        </PrefsProvider>
      </QueryClientProvider>
    </I18nextProvider>
  </StrictMode>,
);
