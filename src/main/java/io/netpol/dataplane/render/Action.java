package io.netpol.dataplane.render;

/** Describes what happens to a packet that matches a rule. */
public sealed interface Action {

  /** Accepts the packet: it skips all further rules of the hook. */
  record Accept() implements Action {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.accepts(this);
    }
  }

  /** Returns the packet to the rule after the one that called the chain. */
  record Return() implements Action {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.returns(this);
    }
  }

  /** Drops the packet silently. */
  record Drop() implements Action {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.drop(this);
    }
  }

  /** Drops the packet, and sends an ICMP "port unreachable" to its source. */
  record Reject() implements Action {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.reject(this);
    }
  }

  /** Jumps to a chain, and continues with the next rule if none there decides. */
  record Jump(String chain) implements Action {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.jump(this);
    }
  }

  /** Goes to a chain, and continues after the caller of this chain if no rule there decides. */
  record GoTo(String chain) implements Action {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.goTo(this);
    }
  }

  /** Logs the packet in the kernel log, and continues. */
  record Log(LogPrefix prefix) implements Action {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.log(this);
    }
  }

  /**
   * Sends the head of the packet to a listening process, and continues.
   *
   * @param group the NFLOG group, 0 to 65535
   */
  record NfLog(LogPrefix prefix, int group) implements Action {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.nfLog(this);
    }
  }

  /** Handles each kind of action; a new kind is a method that every back-end must implement. */
  interface Visitor<T> {
    T accepts(Accept action);

    T returns(Return action);

    T drop(Drop action);

    T reject(Reject action);

    T jump(Jump action);

    T goTo(GoTo action);

    T log(Log action);

    T nfLog(NfLog action);
  }

  /** Calls the method of the visitor for this kind. */
  <T> T accept(Visitor<T> visitor);
}
