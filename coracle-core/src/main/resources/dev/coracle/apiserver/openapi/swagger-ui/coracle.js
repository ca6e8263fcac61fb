'use strict';
// The page that shows the API: it asks with the token that was pasted, which stays in this page's memory.
const message = document.getElementById('message');
let token = '';

function withToken(request) {
  if (token && new URL(request.url, location.href).origin === location.origin) {
    request.headers = request.headers || {};
    request.headers.Authorization = 'Bearer ' + token;
  }
  return request;
}

async function show() {
  const request = withToken({ url: '/openapi/v3', headers: { Accept: 'application/json' } });
  const answer = await fetch(request.url, { headers: request.headers });
  if (!answer.ok) {
    const status = await answer.json().catch(() => ({}));
    message.textContent = status.message || ('the server answered ' + answer.status);
    return;
  }
  message.textContent = '';
  const index = await answer.json();
  const urls = Object.keys(index.paths)
    .sort()
    .map((path) => ({ name: path, url: '/openapi/v3/' + path }));
  urls.push({ name: 'everything (Swagger 2.0)', url: '/openapi/v2' });
  window.ui = SwaggerUIBundle({
    urls,
    'urls.primaryName': 'api/v1',
    dom_id: '#swagger-ui',
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    layout: 'StandaloneLayout',
    docExpansion: 'none',
    deepLinking: true,
    validatorUrl: null,
    requestInterceptor: withToken,
  });
}

document.getElementById('identity').addEventListener('submit', (event) => {
  event.preventDefault();
  token = document.getElementById('token').value.trim();
  show().catch((failure) => { message.textContent = String(failure); });
});
show().catch(() => {});
