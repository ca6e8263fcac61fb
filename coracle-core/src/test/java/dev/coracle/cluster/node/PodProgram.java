package dev.coracle.cluster.node;

import dev.coracle.podinfo.PodApi;
import dev.coracle.podinfo.PodInfo;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.concurrent.TimeUnit;

/**
 * An application in a Pod: asks the API server all the time, and prints a line for whatever changes
 * and for each request that fails. Ends when its label {@code phase} is {@code end}.
 */
public final class PodProgram {

  private PodProgram() {}

  public static void main(String[] arguments) throws InterruptedException {
    PodInfo pod = PodInfo.ofThisPod();
    PodApi api = PodApi.of(pod);
    System.out.println("server " + api.server() + " namespace " + pod.namespace());
    PodInfo.Subscription changes =
        pod.onChange(
            now ->
                System.out.println(
                    "changed phase="
                        + now.labels().get("phase")
                        + " note="
                        + now.annotations().get("note")));
    PodInfo.Subscription account =
        pod.onServiceAccountChange(now -> System.out.println("account changed"));
    String token = "";
    String authority = "";
    int requests = 0;
    while (!"end".equals(pod.labels().get("phase"))) {
      try {
        String sent = api.token();
        HttpResponse<String> answer = api.get("/version");
        if (answer.statusCode() != 200) {
          System.out.println("FAILED " + answer.statusCode());
        }
        String trusted = pod.certificateAuthority();
        if (!sent.equals(token) || !trusted.equals(authority)) {
          token = sent;
          authority = trusted;
          System.out.println(
              "working token=" + token.hashCode() + " authority=" + authority.strip().hashCode());
        }
      } catch (IOException e) {
        System.out.println("FAILED " + e);
        authority = "";
      }
      requests++;
      TimeUnit.MILLISECONDS.sleep(10);
    }
    changes.close();
    account.close();
    System.out.println("ended after " + requests + " requests");
    System.exit(0);
  }
}
