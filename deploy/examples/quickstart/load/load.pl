#!/usr/bin/perl
# Load on one address: load.pl ADDRESS PORT NAME RATE SLOW_PATH
# RATE ordinary requests a second and four slow ones, each on a connection of its own, none ever repeated. Ends when its standard input does, and
# prints what it saw as one line of JSON. Times are seconds since boot (/proc/uptime), which host and containers share. Needs only perl-base.
use strict;
use warnings;
use IO::Socket::INET;
use IO::Select;

my ($address, $port, $name, $rate, $slow_path) = @ARGV;
my $ordinary_limit = 2;
my $slow_limit = 15;

sub now {
    open(my $uptime, '<', '/proc/uptime') or die "cannot read /proc/uptime: $!";
    my ($seconds) = split / /, <$uptime>;
    return $seconds;
}

my %open;    # by file number
my (%first, %last, %count);
my ($ordinary, $slow, $failed) = (0, 0, 0);
my @failures;

sub failed {
    my ($request, $why) = @_;
    $failed++;
    push @failures, sprintf('%.2f %s: %s', $request->{start}, $request->{path}, $why) if @failures < 10;
}

sub start {
    my ($path, $limit) = @_;
    my $request = { path => $path, limit => $limit, start => now(), answer => '' };
    my $socket = IO::Socket::INET->new(PeerAddr => $address, PeerPort => $port, Proto => 'tcp', Blocking => 0);
    if (!$socket) { failed($request, "cannot connect: $!"); return }
    $request->{socket} = $socket;
    $open{ fileno $socket } = $request;
}

sub finish {
    my ($request, $trouble) = @_;
    delete $open{ fileno $request->{socket} };
    close $request->{socket};
    my $took = now() - $request->{start};
    my ($head, $body) = split /\r?\n\r?\n/, $request->{answer}, 2;
    $head //= '';
    $body //= '';
    if ($trouble) { failed($request, $trouble) }
    elsif ($head !~ m{^HTTP/1\.[01] 200 }) { failed($request, 'status: ' . ($head =~ /^([^\r\n]*)/ ? $1 : 'none')) }
    elsif ($body !~ /^\Q$name\E version (\d+)\n/) { failed($request, 'body of no version') }
    elsif ($request->{path} eq $slow_path && $body !~ /done\n\z/) { failed($request, 'a long answer was cut') }
    elsif ($took > $request->{limit}) { failed($request, sprintf('took %.2f s', $took)) }
    else {
        my ($version) = $body =~ / version (\d+)/;
        my $at = now();
        $first{$version} //= $at;
        $last{$version} = $at;
        $count{$version}++;
    }
}

sub advance {
    my ($request) = @_;
    if (!$request->{sent}) {
        my $error = $request->{socket}->sockopt(SO_ERROR);
        if ($error) { local $! = $error; finish($request, "cannot connect: $!"); return }
        my $line = "GET $request->{path} HTTP/1.1\r\nHost: $name\r\nConnection: close\r\n\r\n";
        my $written = syswrite $request->{socket}, $line;
        if (!defined $written) { finish($request, "cannot send: $!") unless $!{EAGAIN}; return }
        $request->{sent} = 1;
        return;
    }
    my $read = sysread $request->{socket}, $request->{answer}, 65536, length $request->{answer};
    if (!defined $read) { finish($request, "broken: $!") unless $!{EAGAIN}; return }
    finish($request, '') if $read == 0;
}

my $began = now();
my ($next_ordinary, $next_slow) = ($began, $began);
my $stopping;
my $ended;
while (1) {
    my $now = now();
    if (!$stopping) {
        while ($next_ordinary <= $now) { start('/', $ordinary_limit); $ordinary++; $next_ordinary += 1 / $rate }
        while ($next_slow <= $now) { start($slow_path, $slow_limit); $slow++; $next_slow += 0.25 }
    }
    for my $request (values %open) {
        finish($request, 'no answer in time') if $now - $request->{start} > $request->{limit} + 1;
    }
    last if $stopping && !%open;
    my ($read, $write) = ('', '');
    vec($read, 0, 1) = 1 unless $stopping;
    for my $number (keys %open) {
        if ($open{$number}{sent}) { vec($read, $number, 1) = 1 }
        else { vec($write, $number, 1) = 1 }
    }
    my $found = select($read, $write, undef, 0.005);
    next if $found <= 0;
    if (!$stopping && vec($read, 0, 1)) {
        my $ignored;
        my $got = sysread STDIN, $ignored, 4096;
        if (!$got) { $stopping = 1; $ended = now() }
    }
    for my $number (keys %open) {
        advance($open{$number}) if vec($read, $number, 1) || vec($write, $number, 1);
    }
}

sub text { my ($text) = @_; $text =~ s/([\\"])/\\$1/g; $text =~ s/[^\x20-\x7e]/?/g; return "\"$text\"" }
sub object { my ($values) = @_; return '{' . join(',', map { text($_) . ':' . $values->{$_} } sort keys %$values) . '}' }
printf '{"ordinary":%d,"slow":%d,"failed":%d,"seconds":%.2f,"first":%s,"last":%s,"count":%s,"failures":[%s]}' . "\n", $ordinary, $slow,
    $failed, $ended - $began, object(\%first), object(\%last), object(\%count), join(',', map { text($_) } @failures);
