import { type Command, NOTHING, type Nothing, NOTHING_EXAMPLE } from "../command.ts";
import { LOGIN_REQUEST, type LoginUser } from "./login.ts";

/** The goodbye. It holds name and password in the clear, so it must not be sent without AES. */
export const LOGOUT: Command<LoginUser, Nothing> = {
  name: "log out",
  id: 2,
  scope: "device",
  request: LOGIN_REQUEST,
  reply: NOTHING,
  retries: 0,
  requests: [{
    body:
      '<body><LoginUser version="1.1"><userName>admin</userName><password>&lt;x&gt;</password>' +
      '<userVer>1</userVer></LoginUser><LoginNet version="1.1"><type>LAN</type>' +
      "<udpPort>0</udpPort></LoginNet></body>",
    value: { userName: "admin", password: "<x>", version: 1 },
  }],
  replies: [NOTHING_EXAMPLE],
};
