#include "emulator/kernel/errno.hpp"

#include <cerrno>

namespace emulator::kernel {

std::string_view name(Errno e) {
  switch (e) {
    case Errno::eperm:
      return "EPERM";
    case Errno::enoent:
      return "ENOENT";
    case Errno::esrch:
      return "ESRCH";
    case Errno::eintr:
      return "EINTR";
    case Errno::eio:
      return "EIO";
    case Errno::enxio:
      return "ENXIO";
    case Errno::e2big:
      return "E2BIG";
    case Errno::enoexec:
      return "ENOEXEC";
    case Errno::ebadf:
      return "EBADF";
    case Errno::echild:
      return "ECHILD";
    case Errno::eagain:
      return "EAGAIN";
    case Errno::enomem:
      return "ENOMEM";
    case Errno::eacces:
      return "EACCES";
    case Errno::efault:
      return "EFAULT";
    case Errno::enotblk:
      return "ENOTBLK";
    case Errno::ebusy:
      return "EBUSY";
    case Errno::eexist:
      return "EEXIST";
    case Errno::exdev:
      return "EXDEV";
    case Errno::enodev:
      return "ENODEV";
    case Errno::enotdir:
      return "ENOTDIR";
    case Errno::eisdir:
      return "EISDIR";
    case Errno::einval:
      return "EINVAL";
    case Errno::enfile:
      return "ENFILE";
    case Errno::emfile:
      return "EMFILE";
    case Errno::enotty:
      return "ENOTTY";
    case Errno::etxtbsy:
      return "ETXTBSY";
    case Errno::efbig:
      return "EFBIG";
    case Errno::enospc:
      return "ENOSPC";
    case Errno::espipe:
      return "ESPIPE";
    case Errno::erofs:
      return "EROFS";
    case Errno::emlink:
      return "EMLINK";
    case Errno::epipe:
      return "EPIPE";
    case Errno::edom:
      return "EDOM";
    case Errno::erange:
      return "ERANGE";
    case Errno::enametoolong:
      return "ENAMETOOLONG";
    case Errno::enosys:
      return "ENOSYS";
    case Errno::enotempty:
      return "ENOTEMPTY";
    case Errno::eloop:
      return "ELOOP";
    case Errno::enodata:
      return "ENODATA";
    case Errno::eoverflow:
      return "EOVERFLOW";
    case Errno::eopnotsupp:
      return "EOPNOTSUPP";
    case Errno::eafnosupport:
      return "EAFNOSUPPORT";
    case Errno::etimedout:
      return "ETIMEDOUT";
    case Errno::ecanceled:
      return "ECANCELED";
  }
  return "E?";
}

Errno from_host(int error) {
  switch (error) {
    case EPERM:
      return Errno::eperm;
    case ENOENT:
      return Errno::enoent;
    case EINTR:
      return Errno::eintr;
    case EPIPE:
      return Errno::epipe;
    case EBADF:
      return Errno::ebadf;
    case EACCES:
      return Errno::eacces;
    case EBUSY:
      return Errno::ebusy;
    case EEXIST:
      return Errno::eexist;
    case EXDEV:
      return Errno::exdev;
    case ENOTDIR:
      return Errno::enotdir;
    case EISDIR:
      return Errno::eisdir;
    case EINVAL:
      return Errno::einval;
    case EMFILE:
    case ENFILE:
      return Errno::enfile;
    case ETXTBSY:
      return Errno::etxtbsy;
    case EFBIG:
      return Errno::efbig;
    case ENOSPC:
    case EDQUOT:
      return Errno::enospc;
    case EROFS:
      return Errno::erofs;
    case EMLINK:
      return Errno::emlink;
    case ENAMETOOLONG:
      return Errno::enametoolong;
    case ENOTEMPTY:
      return Errno::enotempty;
    case ELOOP:
      return Errno::eloop;
    case EOPNOTSUPP:
      return Errno::eopnotsupp;
    default:
      return Errno::eio;
  }
}

}  // namespace emulator::kernel
