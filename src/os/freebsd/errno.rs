// Made by `cargo xtask constants` from the FreeBSD headers that ziglang 0.17.1 ships. Do not edit.
errnos! {
    numbers: {
        /// Operation not permitted.
        EPERM = 1, "Operation not permitted";
        /// No such file or directory.
        ENOENT = 2, "No such file or directory";
        /// No such process.
        ESRCH = 3, "No such process";
        /// Interrupted system call.
        EINTR = 4, "Interrupted system call";
        /// Input/output error.
        EIO = 5, "Input/output error";
        /// Device not configured.
        ENXIO = 6, "Device not configured";
        /// Argument list too long.
        E2BIG = 7, "Argument list too long";
        /// Exec format error.
        ENOEXEC = 8, "Exec format error";
        /// Bad file descriptor.
        EBADF = 9, "Bad file descriptor";
        /// No child processes.
        ECHILD = 10, "No child processes";
        /// Resource deadlock avoided.
        EDEADLK = 11, "Resource deadlock avoided";
        /// Cannot allocate memory.
        ENOMEM = 12, "Cannot allocate memory";
        /// Permission denied.
        EACCES = 13, "Permission denied";
        /// Bad address.
        EFAULT = 14, "Bad address";
        /// Block device required.
        ENOTBLK = 15, "Block device required";
        /// Device busy.
        EBUSY = 16, "Device busy";
        /// File exists.
        EEXIST = 17, "File exists";
        /// Cross-device link.
        EXDEV = 18, "Cross-device link";
        /// Operation not supported by device.
        ENODEV = 19, "Operation not supported by device";
        /// Not a directory.
        ENOTDIR = 20, "Not a directory";
        /// Is a directory.
        EISDIR = 21, "Is a directory";
        /// Invalid argument.
        EINVAL = 22, "Invalid argument";
        /// Too many open files in system.
        ENFILE = 23, "Too many open files in system";
        /// Too many open files.
        EMFILE = 24, "Too many open files";
        /// Inappropriate ioctl for device.
        ENOTTY = 25, "Inappropriate ioctl for device";
        /// Text file busy.
        ETXTBSY = 26, "Text file busy";
        /// File too large.
        EFBIG = 27, "File too large";
        /// No space left on device.
        ENOSPC = 28, "No space left on device";
        /// Illegal seek.
        ESPIPE = 29, "Illegal seek";
        /// Read-only filesystem.
        EROFS = 30, "Read-only filesystem";
        /// Too many links.
        EMLINK = 31, "Too many links";
        /// Broken pipe.
        EPIPE = 32, "Broken pipe";
        /// Numerical argument out of domain.
        EDOM = 33, "Numerical argument out of domain";
        /// Result too large.
        ERANGE = 34, "Result too large";
        /// Resource temporarily unavailable.
        EAGAIN = 35, "Resource temporarily unavailable";
        /// Operation now in progress.
        EINPROGRESS = 36, "Operation now in progress";
        /// Operation already in progress.
        EALREADY = 37, "Operation already in progress";
        /// Socket operation on non-socket.
        ENOTSOCK = 38, "Socket operation on non-socket";
        /// Destination address required.
        EDESTADDRREQ = 39, "Destination address required";
        /// Message too long.
        EMSGSIZE = 40, "Message too long";
        /// Protocol wrong type for socket.
        EPROTOTYPE = 41, "Protocol wrong type for socket";
        /// Protocol not available.
        ENOPROTOOPT = 42, "Protocol not available";
        /// Protocol not supported.
        EPROTONOSUPPORT = 43, "Protocol not supported";
        /// Socket type not supported.
        ESOCKTNOSUPPORT = 44, "Socket type not supported";
        /// Operation not supported.
        EOPNOTSUPP = 45, "Operation not supported";
        /// Protocol family not supported.
        EPFNOSUPPORT = 46, "Protocol family not supported";
        /// Address family not supported by protocol family.
        EAFNOSUPPORT = 47, "Address family not supported by protocol family";
        /// Address already in use.
        EADDRINUSE = 48, "Address already in use";
        /// Can't assign requested address.
        EADDRNOTAVAIL = 49, "Can't assign requested address";
        /// Network is down.
        ENETDOWN = 50, "Network is down";
        /// Network is unreachable.
        ENETUNREACH = 51, "Network is unreachable";
        /// Network dropped connection on reset.
        ENETRESET = 52, "Network dropped connection on reset";
        /// Software caused connection abort.
        ECONNABORTED = 53, "Software caused connection abort";
        /// Connection reset by peer.
        ECONNRESET = 54, "Connection reset by peer";
        /// No buffer space available.
        ENOBUFS = 55, "No buffer space available";
        /// Socket is already connected.
        EISCONN = 56, "Socket is already connected";
        /// Socket is not connected.
        ENOTCONN = 57, "Socket is not connected";
        /// Can't send after socket shutdown.
        ESHUTDOWN = 58, "Can't send after socket shutdown";
        /// Too many references: can't splice.
        ETOOMANYREFS = 59, "Too many references: can't splice";
        /// Operation timed out.
        ETIMEDOUT = 60, "Operation timed out";
        /// Connection refused.
        ECONNREFUSED = 61, "Connection refused";
        /// Too many levels of symbolic links.
        ELOOP = 62, "Too many levels of symbolic links";
        /// File name too long.
        ENAMETOOLONG = 63, "File name too long";
        /// Host is down.
        EHOSTDOWN = 64, "Host is down";
        /// No route to host.
        EHOSTUNREACH = 65, "No route to host";
        /// Directory not empty.
        ENOTEMPTY = 66, "Directory not empty";
        /// Too many processes.
        EPROCLIM = 67, "Too many processes";
        /// Too many users.
        EUSERS = 68, "Too many users";
        /// Disc quota exceeded.
        EDQUOT = 69, "Disc quota exceeded";
        /// Stale NFS file handle.
        ESTALE = 70, "Stale NFS file handle";
        /// Too many levels of remote in path.
        EREMOTE = 71, "Too many levels of remote in path";
        /// RPC struct is bad.
        EBADRPC = 72, "RPC struct is bad";
        /// RPC version wrong.
        ERPCMISMATCH = 73, "RPC version wrong";
        /// RPC prog. not avail.
        EPROGUNAVAIL = 74, "RPC prog. not avail";
        /// Program version wrong.
        EPROGMISMATCH = 75, "Program version wrong";
        /// Bad procedure for program.
        EPROCUNAVAIL = 76, "Bad procedure for program";
        /// No locks available.
        ENOLCK = 77, "No locks available";
        /// Function not implemented.
        ENOSYS = 78, "Function not implemented";
        /// Inappropriate file type or format.
        EFTYPE = 79, "Inappropriate file type or format";
        /// Authentication error.
        EAUTH = 80, "Authentication error";
        /// Need authenticator.
        ENEEDAUTH = 81, "Need authenticator";
        /// Identifier removed.
        EIDRM = 82, "Identifier removed";
        /// No message of desired type.
        ENOMSG = 83, "No message of desired type";
        /// Value too large to be stored in data type.
        EOVERFLOW = 84, "Value too large to be stored in data type";
        /// Operation canceled.
        ECANCELED = 85, "Operation canceled";
        /// Illegal byte sequence.
        EILSEQ = 86, "Illegal byte sequence";
        /// Attribute not found.
        ENOATTR = 87, "Attribute not found";
        /// Programming error.
        EDOOFUS = 88, "Programming error";
        /// Bad message.
        EBADMSG = 89, "Bad message";
        /// Multihop attempted.
        EMULTIHOP = 90, "Multihop attempted";
        /// Link has been severed.
        ENOLINK = 91, "Link has been severed";
        /// Protocol error.
        EPROTO = 92, "Protocol error";
        /// Capabilities insufficient.
        ENOTCAPABLE = 93, "Capabilities insufficient";
        /// Not permitted in capability mode.
        ECAPMODE = 94, "Not permitted in capability mode";
        /// State not recoverable.
        ENOTRECOVERABLE = 95, "State not recoverable";
        /// Previous owner died.
        EOWNERDEAD = 96, "Previous owner died";
        /// Integrity check failed.
        EINTEGRITY = 97, "Integrity check failed";
    }
    aliases: {
        EWOULDBLOCK = EAGAIN;
        ENOTSUP = EOPNOTSUPP;
    }
}
