package io.netpol.observe;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.netpol.route.DeadLetter;
import io.netpol.route.DeadLetters;
import io.netpol.route.LetterFolder;
import io.netpol.route.LetterRequests;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.api.management.ManagedAttribute;
import org.apache.camel.api.management.ManagedOperation;
import org.apache.camel.api.management.ManagedResource;

/**
 * The dead letters by JMX, among Camel's services as {@code
 * org.apache.camel:context=camel-netpol,type=services,name=DeadLetterMBean}.
 */
@ManagedResource(description = "Dead letters: what could not be applied, and is due still")
public final class DeadLetterMBean extends SendingService {

  private final DeadLetters letters;

  /** For the letters of one agent. */
  public DeadLetterMBean(DeadLetters letters) {
    this.letters = letters;
  }

  /** The number of letters. */
  @ManagedAttribute(description = "How many dead letters there are")
  public int getCount() {
    return letters.letters().size();
  }

  /** One line for each letter, the id first. */
  @ManagedAttribute(description = "One line for each dead letter: id, what it is about, why")
  public List<String> getList() {
    return letters.letters().stream()
        .map(letter -> letter.id() + ": " + letter.subject() + ": " + letter.reason())
        .toList();
  }

  /** How often a letter could not be written. */
  @ManagedAttribute(description = "How often a dead letter could not be written to its file")
  public long getUnwritten() {
    return letters.unwritten();
  }

  /** Why letters cannot be written. */
  @ManagedAttribute(description = "Why dead letters cannot be written; empty while they can")
  public String getProblem() {
    return letters.problem() == null ? "" : letters.problem();
  }

  /** How many letters went because there were too many. */
  @ManagedAttribute(description = "How many dead letters were removed because there were too many")
  public long getDropped() {
    return letters.dropped();
  }

  /** The letter as JSON, with its payload where its file can be read. */
  @ManagedOperation(description = "The dead letter of this id, as JSON")
  public String show(String id) throws JsonProcessingException {
    DeadLetter letter = known(id);
    try {
      letter = letters.folder().read(id);
    } catch (NoSuchFileException e) {
      // It was never written: what is remembered has all but the payload.
    } catch (IOException e) {
      throw new IllegalStateException("cannot read dead letter " + id + ": " + e.getMessage());
    }
    return LetterFolder.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(letter);
  }

  /** Tries the work of the letter now. */
  @ManagedOperation(description = "Try the work of the dead letter of this id now")
  public void replay(String id) {
    request(id, LetterRequests.REPLAY);
  }

  /** Removes the letter; its work is tried again with everything else. */
  @ManagedOperation(description = "Remove the dead letter of this id; it is back if it fails again")
  public void drop(String id) {
    request(id, LetterRequests.DROP);
  }

  private void request(String id, String what) {
    known(id);
    routes().requestBodyAndHeader("direct:letter-request", null, Exchange.FILE_NAME, id + what);
  }

  private DeadLetter known(String id) {
    return letters.letters().stream()
        .filter(letter -> letter.id().equals(id))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no dead letter " + id));
  }
}
