/**
 * Words and patterns of at least 8 characters, or stems that digits and signs are put behind, that every list of
 * leaked passwords begins with. Small on purpose: the throttle and the lock-out stop what goes deeper.
 */
export const commonPasswords: ReadonlySet<string> = new Set(
  `password passw0rd p@ssword p@ssw0rd pa55word pass passwort motdepasse contrasena senha parola qwerty qwertyui
  qwertyuiop qwertz qwertzui azerty azertyuiop asdfgh asdfghjk asdfghjkl zxcvbnm 1q2w3e4r 1q2w3e4r5t q1w2e3r4 1qaz2wsx
  qazwsx qazwsxedc zaq12wsx zaq1zaq1 1qazxsw2 abc abcd abcdef abcdefg abcabc letmein letmein1 welcome willkommen login admin
  administrator root toor guest test testtest tester user username default changeme changeit secret geheim topsecret
  iloveyou loveyou sunshine princess princesa football baseball basketball dragon monkey master shadow superman batman
  starwars computer internet whatever trustno1 jesus michael jennifer jordan hunter harley ranger thomas charlie daniel
  andrew joshua matthew summer winter spring autumn sommer herbst flower freedom nothing samsung google facebook
  12341234 11223344 12121212 11112222 12344321 01234567 123123123 123321123 112233445566 147258369 159753123 987654321
  1234567890 0987654321 123456789a a123456789 aa123456 abc12345 abcd1234 1234qwer qwer1234 asdf1234 aaaa1111 1111aaaa
  gravity gravity123 grace gracefo gracegracefo geodesy satellite satellites`.split(/\s+/),
);
