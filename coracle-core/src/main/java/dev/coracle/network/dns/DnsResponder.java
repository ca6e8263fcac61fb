package dev.coracle.network.dns;

import dev.coracle.network.dns.ClusterRecords.Answer;
import dev.coracle.network.dns.ClusterRecords.Target;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Header;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.PTRRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.SRVRecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.TXTRecord;
import org.xbill.DNS.Type;

/** One query in, one answer out: the cluster's names from its records, others from upstream. */
final class DnsResponder {

  private static final long TTL = 5;
  private static final int UDP_SIZE = 512;
  private static final String REVERSE = ".in-addr.arpa";

  private final ClusterRecords records;
  private final Upstream upstream;

  DnsResponder(ClusterRecords records, Upstream upstream) {
    this.records = records;
    this.upstream = upstream;
  }

  /** The answer's bytes; empty when the query is not worth one. */
  byte[] respond(byte[] bytes, boolean udp) {
    Message query;
    try {
      query = new Message(bytes);
    } catch (IOException e) {
      return new byte[0];
    }
    Record question = query.getQuestion();
    if (query.getHeader().getFlag(Flags.QR)) {
      return new byte[0];
    }
    if (question == null || query.getHeader().getOpcode() != Opcode.QUERY) {
      return failure(query, Rcode.NOTIMP);
    }
    String name = question.getName().toString(true).toLowerCase(Locale.ROOT);
    try {
      Message answer = ours(query, question, name);
      if (answer != null) {
        return wire(query, answer, udp);
      }
    } catch (IOException e) {
      return failure(query, Rcode.SERVFAIL);
    }
    byte[] forwarded = upstream.ask(bytes, udp);
    return forwarded == null ? failure(query, Rcode.SERVFAIL) : forwarded;
  }

  /** Null when the name is not the cluster's. */
  private @Nullable Message ours(Message query, Record question, String name) throws IOException {
    if (name.endsWith(REVERSE)) {
      return reverse(query, question, name);
    }
    if (!records.owns(name)) {
      return null;
    }
    Message answer = head(query);
    if (question.getDClass() != DClass.IN && question.getDClass() != DClass.ANY) {
      answer.getHeader().setRcode(Rcode.REFUSED);
      return answer;
    }
    Answer found = question.getType() == Type.SRV ? records.targets(name) : records.address(name);
    switch (found) {
      case Answer.NoSuchName none -> {
        if (name.equals("dns-version." + records.domain()) && question.getType() == Type.TXT) {
          answer.addRecord(
              new TXTRecord(question.getName(), DClass.IN, TTL, "1.1.0"), Section.ANSWER);
        } else {
          answer.getHeader().setRcode(Rcode.NXDOMAIN);
          answer.addRecord(authority(), Section.AUTHORITY);
        }
      }
      case Answer.Alias alias -> addAlias(answer, question, alias.name());
      case Answer.Addresses addresses -> addAddresses(answer, question, addresses.addresses());
      case Answer.Targets targets -> addTargets(answer, question, targets.targets());
    }
    return answer;
  }

  private void addAddresses(Message answer, Record question, List<String> addresses)
      throws IOException {
    List<String> shuffled = new ArrayList<>(addresses);
    Collections.shuffle(shuffled);
    if (question.getType() == Type.A || question.getType() == Type.ANY) {
      for (String address : shuffled) {
        answer.addRecord(
            new ARecord(question.getName(), DClass.IN, TTL, InetAddress.getByName(address)),
            Section.ANSWER);
      }
    }
    if (answer.getSection(Section.ANSWER).isEmpty()) {
      answer.addRecord(authority(), Section.AUTHORITY);
    }
  }

  private void addTargets(Message answer, Record question, List<Target> targets)
      throws IOException {
    int weight = targets.isEmpty() ? 0 : Math.max(1, 100 / targets.size());
    for (Target target : targets) {
      Name name = Name.fromString(target.name());
      answer.addRecord(
          new SRVRecord(question.getName(), DClass.IN, TTL, 0, weight, target.port(), name),
          Section.ANSWER);
      ARecord address = new ARecord(name, DClass.IN, TTL, InetAddress.getByName(target.address()));
      if (!answer.findRecord(address, Section.ADDITIONAL)) {
        answer.addRecord(address, Section.ADDITIONAL);
      }
    }
    if (targets.isEmpty()) {
      answer.addRecord(authority(), Section.AUTHORITY);
    }
  }

  /** The alias, and what it stands for as far as this server or upstream knows. */
  private void addAlias(Message answer, Record question, String target) throws IOException {
    Name name = Name.fromString(target);
    answer.addRecord(new CNAMERecord(question.getName(), DClass.IN, TTL, name), Section.ANSWER);
    if (question.getType() == Type.CNAME) {
      return;
    }
    String plain = target.substring(0, target.length() - 1).toLowerCase(Locale.ROOT);
    if (records.owns(plain)) {
      if (records.address(plain) instanceof Answer.Addresses addresses) {
        for (String address : addresses.addresses()) {
          answer.addRecord(
              new ARecord(name, DClass.IN, TTL, InetAddress.getByName(address)), Section.ANSWER);
        }
      }
      return;
    }
    Message next = Message.newQuery(Record.newRecord(name, question.getType(), DClass.IN));
    byte[] reply = upstream.ask(next.toWire(), true);
    if (reply != null) {
      new Message(reply)
          .getSection(Section.ANSWER)
          .forEach(record -> answer.addRecord(record, Section.ANSWER));
    }
  }

  private @Nullable Message reverse(Message query, Record question, String name)
      throws IOException {
    String[] labels = name.substring(0, name.length() - REVERSE.length()).split("\\.", -1);
    if (labels.length != 4 || question.getType() != Type.PTR) {
      return null;
    }
    String host = records.nameOf(labels[3] + "." + labels[2] + "." + labels[1] + "." + labels[0]);
    if (host == null) {
      return null;
    }
    Message answer = head(query);
    answer.addRecord(
        new PTRRecord(question.getName(), DClass.IN, TTL, Name.fromString(host)), Section.ANSWER);
    return answer;
  }

  private static Message head(Message query) {
    Message answer = new Message(query.getHeader().getID());
    Header header = answer.getHeader();
    header.setFlag(Flags.QR);
    header.setFlag(Flags.AA);
    header.setFlag(Flags.RA);
    if (query.getHeader().getFlag(Flags.RD)) {
      header.setFlag(Flags.RD);
    }
    Record question = query.getQuestion();
    if (question != null) {
      answer.addRecord(question, Section.QUESTION);
    }
    return answer;
  }

  private static byte[] failure(Message query, int code) {
    Message answer = head(query);
    answer.getHeader().unsetFlag(Flags.AA);
    answer.getHeader().setRcode(code);
    return answer.toWire();
  }

  private static byte[] wire(Message query, Message answer, boolean udp) {
    OPTRecord extension = query.getOPT();
    if (extension != null) {
      answer.addRecord(new OPTRecord(1232, 0, 0), Section.ADDITIONAL);
    }
    int limit =
        udp ? Math.max(UDP_SIZE, extension == null ? 0 : extension.getPayloadSize()) : 65_535;
    return answer.toWire(limit);
  }

  private SOARecord authority() throws IOException {
    Name domain = Name.fromString(records.domain() + ".");
    return new SOARecord(
        domain,
        DClass.IN,
        TTL,
        Name.fromString("ns.dns." + records.domain() + "."),
        Name.fromString("hostmaster." + records.domain() + "."),
        1,
        7200,
        1800,
        86400,
        TTL);
  }
}
