package dev.gradine.serve.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/// TCP connections of this machine, as Linux lists them in `/proc/self/net/tcp` and `tcp6`, proc(5): the JDK's server
/// does not look at a connection while its request is answered, and has no other way to see that a client closes it.
///
/// Two clients with the same port at different addresses count as one, which is there as long as one of them is.
///
/// @param open those that both sides may still write to
/// @param left those that the other side has closed
/// @param listening ports of this machine
record ConnectionTable(Set<Ports> open, Set<Ports> left, Set<Integer> listening) {

    private static final List<Path> FILES = List.of(Path.of("/proc/self/net/tcp"), Path.of("/proc/self/net/tcp6"));
    private static final String ESTABLISHED = "01";
    private static final String CLOSE_WAIT = "08";
    private static final String LISTEN = "0A";

    /// A connection.
    ///
    /// @param here port of this side
    /// @param there port of the other side
    record Ports(int here, int there) {}

    /// The table as it is now; empty where the machine has none.
    static ConnectionTable read() {
        return parse(FILES.stream().flatMap(ConnectionTable::lines));
    }

    private static Stream<String> lines(Path file) {
        try {
            return Files.readAllLines(file).stream();
        } catch (IOException | UncheckedIOException _) {
            return Stream.empty();
        }
    }

    /// Reads lines such as `0: 0100007F:1F40 0100007F:C3D2 01 …`: number, address here, address there, state.
    static ConnectionTable parse(Stream<String> lines) {
        ConnectionTable table = new ConnectionTable(new HashSet<>(), new HashSet<>(), new HashSet<>());
        lines.map(line -> line.strip().split("\\s+")).forEach(table::add);
        return table;
    }

    private void add(String[] row) {
        if (row.length < 4 || !row[0].endsWith(":")) return; // names of columns
        Ports ports = new Ports(port(row[1]), port(row[2]));
        switch (row[3]) {
            case ESTABLISHED -> open.add(ports);
            case CLOSE_WAIT -> left.add(ports);
            case LISTEN -> listening.add(ports.here);
            default -> {}
        }
    }

    private static int port(String address) {
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1), 16);
    }

    /// Whether the other side has closed it.
    boolean hasLeft(Ports connection) {
        return left.contains(connection) && !open.contains(connection);
    }

    /// Whether it is not there, in a table that has the port it came to. A table that changes while it is read may pass
    /// over a connection.
    boolean misses(Ports connection) {
        return listening.contains(connection.here) && !open.contains(connection) && !left.contains(connection);
    }
}
