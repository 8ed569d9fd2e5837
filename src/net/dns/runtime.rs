//! hickory-resolver's view of a runtime, on smol: timers, tasks, UDP and TCP sockets. Saves tokio.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hickory_resolver::net::runtime::{DnsTcpStream, DnsUdpSocket, RuntimeProvider, Spawn, Time};
use smol::io::{AsyncRead, AsyncWrite};

use crate::net::{deadline, rt};

/// A TCP connection to a name server must open within this time.
const TCP_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Default)]
pub(super) struct Smol;

impl Spawn for Smol {
    fn spawn_bg(&mut self, future: impl Future<Output = ()> + Send + 'static) {
        rt::spawn(future).detach();
    }
}

pub(super) struct Timer;

// The trait is declared with async-trait; these are the signatures that it stands for.
impl Time for Timer {
    fn delay_for<'a>(duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>
    where
        Self: 'a,
    {
        Box::pin(rt::sleep(duration))
    }

    fn timeout<'a, F>(duration: Duration, future: F) -> Pin<Box<dyn Future<Output = Result<F::Output, io::Error>> + Send + 'a>>
    where
        F: 'static + Future + Send + 'a,
        Self: 'a,
    {
        Box::pin(async move { deadline::within(duration, future).await.map_err(|_| io::ErrorKind::TimedOut.into()) })
    }
}

pub(super) struct Udp(smol::Async<std::net::UdpSocket>);

impl DnsUdpSocket for Udp {
    type Time = Timer;

    fn poll_recv_from(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>> {
        loop {
            match self.0.get_ref().recv_from(buf) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return Poll::Ready(result),
            }
            std::task::ready!(self.0.poll_readable(cx))?;
        }
    }

    fn poll_send_to(&self, cx: &mut Context<'_>, buf: &[u8], target: SocketAddr) -> Poll<io::Result<usize>> {
        loop {
            match self.0.get_ref().send_to(buf, target) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return Poll::Ready(result),
            }
            std::task::ready!(self.0.poll_writable(cx))?;
        }
    }
}

pub(super) struct Tcp(smol::net::TcpStream);

impl AsyncRead for Tcp {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Tcp {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(cx)
    }
}

impl DnsTcpStream for Tcp {
    type Time = Timer;
}

impl RuntimeProvider for Smol {
    type Handle = Smol;
    type Timer = Timer;
    type Udp = Udp;
    type Tcp = Tcp;

    fn create_handle(&self) -> Smol {
        Smol
    }

    fn connect_tcp(
        &self,
        server: SocketAddr,
        // Only set by configurations that this program does not make.
        _bind: Option<SocketAddr>,
        limit: Option<Duration>,
    ) -> Pin<Box<dyn Send + Future<Output = io::Result<Tcp>>>> {
        Box::pin(async move {
            let connect = smol::net::TcpStream::connect(server);
            let stream = deadline::within(limit.unwrap_or(TCP_CONNECT_TIMEOUT), connect).await;
            let stream = stream.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            stream.set_nodelay(true)?;
            Ok(Tcp(stream))
        })
    }

    fn bind_udp(&self, local: SocketAddr, _server: SocketAddr) -> Pin<Box<dyn Send + Future<Output = io::Result<Udp>>>> {
        Box::pin(async move { Ok(Udp(smol::Async::<std::net::UdpSocket>::bind(local)?)) })
    }
}
