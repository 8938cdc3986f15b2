package io.netpol.dataplane.render;

/** Says what becomes of a packet that a rule applies to. */
public sealed interface Action {

  /** The packet passes all hooks of the same kind, and meets no further rule of them. */
  record Accept() implements Action {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.accepts(this);
    }
  }

  /** The packet goes on behind the rule by which it came into the chain. */
  record Return() implements Action {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.returns(this);
    }
  }

  /** The packet vanishes. */
  record Drop() implements Action {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.drop(this);
    }
  }

  /** The packet vanishes, and its sender is told by an ICMP message "port unreachable". */
  record Reject() implements Action {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.reject(this);
    }
  }

  /** The packet meets the rules of the chain, and comes back where none of them decides. */
  record Jump(String chain) implements Action {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.jump(this);
    }
  }

  /** The packet meets the rules of the chain, and comes back to where this chain was called. */
  record GoTo(String chain) implements Action {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.goTo(this);
    }
  }

  /** The kernel writes a line to its log, and the packet goes on. */
  record Log(LogPrefix prefix) implements Action {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.log(this);
    }
  }

  /**
   * The kernel hands the packet's head to a process that listens, and the packet goes on.
   *
   * @param group the NFLOG group, 0 to 65535
   */
  record NfLog(LogPrefix prefix, int group) implements Action {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.nfLog(this);
    }
  }

  /** Says something for each kind of action; a new kind is a method that every back-end lacks. */
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

  /** Calls the visitor's method for this kind. */
  <T> T accept(Visitor<T> visitor);
}
