package dev.gradine.serve.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gradine.serve.http.ConnectionTable.Ports;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ConnectionTableTest {

    private static final String TABLE = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0
               1: 0100007F:1F40 0100007F:C000 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0
               2: 0100007F:1F40 0100007F:C001 08 00000000:00000001 00:00000000 00000000     0        0 3 1 0
               3: 0000000000000000FFFF00000100007F:1F40 0000000000000000FFFF00000100007F:C002 08 0:0 0:0 0 0 0 4
               4: 0100007F:1F40 0200007F:C002 01 00000000:00000000 00:00000000 00000000     0        0 5 1 0
               5: 0100007F:C003 0100007F:1F40 01 00000000:00000000 00:00000000 00000000     0        0 6 1 0
            """;

    @Test
    void a_client_has_left_whose_side_is_closed_and_who_shares_its_port_with_none() {
        ConnectionTable table = ConnectionTable.parse(TABLE.lines());
        assertThat(table.hasLeft(new Ports(8000, 0xC000))).isFalse();
        assertThat(table.hasLeft(new Ports(8000, 0xC001))).isTrue();
        assertThat(table.hasLeft(new Ports(8000, 0xC002))).isFalse();
    }

    @Test
    void one_that_is_not_there_is_missed_where_the_port_is_known() {
        ConnectionTable table = ConnectionTable.parse(TABLE.lines());
        assertThat(table.misses(new Ports(8000, 0xC003))).isTrue();
        assertThat(table.misses(new Ports(8000, 0xC001))).isFalse();
        assertThat(table.misses(new Ports(8001, 0xC003))).isFalse();
    }

    @Test
    void this_machine_lists_its_connections() throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/self/net/tcp")));
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket there = new Socket(server.getInetAddress(), server.getLocalPort());
                Socket here = server.accept()) {
            Ports ports = new Ports(here.getLocalPort(), here.getPort());
            assertThat(ConnectionTable.read().open()).contains(ports);
            assertThat(ConnectionTable.read().listening()).contains(server.getLocalPort());
            there.shutdownOutput();
            assertThat(ConnectionTable.read().hasLeft(ports)).isTrue();
        }
    }
}
