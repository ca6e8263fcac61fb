package dev.coracle.apiserver.encoding;

import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.audit.AuditEvent;
import dev.coracle.apiserver.request.ApiResponse;
import dev.coracle.apiserver.request.Negotiated;
import dev.coracle.apiserver.request.Query;
import java.io.ByteArrayOutputStream;

/** Records what is answered in a request's audit event. */
public final class AuditedAnswer {

  private AuditedAnswer() {}

  public static void record(AuditEvent event, ApiResponse response, Encoder encoder, Query query) {
    switch (response) {
      case ApiResponse.Failure failure -> event.failed(failure.status());
      case ApiResponse.One one -> {
        KubeObject object = one.object();
        if (one.type() == null && object.kind().equals("Status")) {
          event.responseStatus(object.mutableTree());
        }
        if (event.wantsResponse()) {
          event.responseObject(
              joined(
                  encoder.object(
                      new ApiResponse.One(one.code(), object, one.type(), plain(one.format())),
                      query)));
        }
      }
      case ApiResponse.Many many -> {
        if (event.wantsResponse()) {
          event.responseObject(
              joined(
                  encoder.list(
                      new ApiResponse.Many(many.list(), many.type(), plain(many.format())),
                      query)));
        }
      }
      case ApiResponse.Watch _,
          ApiResponse.Document _,
          ApiResponse.Bytes _,
          ApiResponse.Takeover _ -> {
        // no objects
      }
    }
  }

  /** Compact JSON, with what is shown as the client asked. */
  private static Negotiated plain(Negotiated format) {
    return new Negotiated(
        Negotiated.Encoding.JSON, format.view(), false, false, "application/json", format.meta());
  }

  private static byte[] joined(byte[][] parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}
