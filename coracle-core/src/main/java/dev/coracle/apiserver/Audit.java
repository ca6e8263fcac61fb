package dev.coracle.apiserver;

import dev.coracle.api.UserInfo;

/** Told of every request: where audit logs and traces attach. Calls must be quick. */
public interface Audit {

  Audit NONE =
      new Audit() {
        @Override
        public void received(String auditId, String method, String path, UserInfo user) {}

        @Override
        public void answered(String auditId, int code) {}
      };

  /** The request was authenticated; the user is the one after impersonation. */
  void received(String auditId, String method, String path, UserInfo user);

  /** The answer is known (for watches and proxied connections: begins). */
  void answered(String auditId, int code);
}
