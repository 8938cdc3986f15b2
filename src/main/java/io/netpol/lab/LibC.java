package io.netpol.lab;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Calls the few functions of the C library that the JDK doesn't offer. */
final class LibC {
  static final int O_RDONLY = 0;
  static final int O_CLOEXEC = 02000000;
  static final int CLONE_NEWNET = 0x40000000;
  static final int AF_INET = 2;
  static final int AF_INET6 = 10;
  static final int SOCK_RAW = 3;
  static final int SOCK_CLOEXEC = 02000000;
  static final int IPPROTO_ICMP = 1;
  static final int IPPROTO_TCP = 6;
  static final int IPPROTO_ICMPV6 = 58;
  static final int MSG_DONTWAIT = 0x40;
  static final int EPERM = 1;
  static final int EINTR = 4;
  static final int EAGAIN = 11;
  static final short POLLIN = 1;

  static {
    Native.register("c");
  }

  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVBUFFORCE = 33;

  private LibC() {}

  static native int open(String path, int flags) throws LastErrorException;

  static native int close(int fd) throws LastErrorException;

  static native int setns(int fd, int type) throws LastErrorException;

  static native int socket(int domain, int type, int protocol) throws LastErrorException;

  static native NativeLong sendto(
      int fd, byte[] data, NativeLong length, int flags, byte[] address, int addressLength)
      throws LastErrorException;

  static native NativeLong recv(int fd, byte[] data, NativeLong length, int flags)
      throws LastErrorException;

  static native int poll(byte[] descriptors, NativeLong count, int timeoutMillis)
      throws LastErrorException;

  /** Sets the size of a socket's receive buffer, beyond the limit for ordinary users too. */
  static void setReceiveBuffer(int socket, int bytes) throws LastErrorException {
    byte[] value = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(bytes).array();
    setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, value, value.length);
  }

  private static native int setsockopt(int fd, int level, int name, byte[] value, int length)
      throws LastErrorException;
}
